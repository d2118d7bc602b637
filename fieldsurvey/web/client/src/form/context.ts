// What every part of an open form may use, without handing it down through all of them.
import { inject, provide, type InjectionKey, type Ref } from "vue";
import type { Node } from "../engine/nodes";
import type { Session } from "../engine/session";
import type { Note } from "./contract";

export interface FormContext {
  session: Session;
  /** Paths of questions whose mistakes are told; those not yet left are let alone. */
  told: Set<string>;
  /** Whether this question may be changed: all may, except in a correction. */
  mayChange: (node: Node) => boolean;
  /** The officer's notes on this question. */
  notesOn: (node: Node) => Note[];
  /** An address that shows a file of the form (`jr://images/a.png`); "" when it is not there. */
  mediaUrl: (url: { href: string } | undefined) => Promise<string>;
  /** The name of the form's language. */
  language: Ref<string>;
  /** Goes on to the next page, when a choice says so (`quick`). */
  next: () => void;
  /** Tells that something was answered. */
  touched: () => void;
}

const KEY: InjectionKey<FormContext> = Symbol("form");

export function provideForm(context: FormContext): void {
  provide(KEY, context);
}

export function useForm(): FormContext {
  const context = inject(KEY);
  if (!context) throw new Error("outside of a form");
  return context;
}
