// All sentences in Vietnamese. Each part of the app has its own file.
import { app } from "./vi/app";
import { form } from "./vi/form";
import { home } from "./vi/home";
import { trying } from "./vi/try";

export const vi: Record<string, string> = { ...app, ...form, ...home, ...trying };
