// All sentences in English. Each part of the app has its own file, with the names of its Vietnamese twin.
import { app } from "./en/app";
import { form } from "./en/form";
import { home } from "./en/home";
import { trying } from "./en/try";

export const en: Record<string, string> = { ...app, ...form, ...home, ...trying };
