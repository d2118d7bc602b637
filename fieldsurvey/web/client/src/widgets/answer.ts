// What every widget does with its question: read the answer, give another, say that what was typed is no answer.
import { computed, onBeforeUnmount, type ComputedRef } from "vue";
import type { Question } from "../engine/nodes";
import { give } from "../engine/session";
import { useForm } from "../form/context";

export interface WidgetProps {
  id: string;
  node: Question;
  locked: boolean;
  /** The only question of its page. */
  alone?: boolean;
}

interface Answer {
  /** As XForms writes it; "" for none. */
  value: ComputedRef<string>;
  set: (value: string) => void;
  /** What was typed cannot be read: the answer is taken away, and the person is told. */
  refuse: (why: string) => void;
}

export function useAnswer(props: { node: Question }): Answer {
  const form = useForm();
  return {
    value: computed(() => props.node.currentState.instanceValue),
    set(value) {
      form.session.unread.delete(props.node.nodeId);
      if (value !== props.node.currentState.instanceValue) give(props.node, value);
      form.touched();
    },
    refuse(why) {
      if (props.node.currentState.instanceValue !== "") give(props.node, "");
      form.session.unread.set(props.node.nodeId, why);
      form.touched();
    },
  };
}

/** Calls after a pause; at once with `now()`, as on leaving the field. */
export function afterPause(work: () => void, pause = 400): { later: () => void; now: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const now = (): void => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    work();
  };
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(now, pause);
  };
  onBeforeUnmount(now);
  return { later, now };
}

/** The appearances of a question, as the form writes them. */
export function appearancesOf(node: Question): Set<string> {
  return new Set((node.appearances ?? []) as unknown as Iterable<string>);
}
