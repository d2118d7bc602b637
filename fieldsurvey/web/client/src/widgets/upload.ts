// The file of a question: shown, given, taken away.
import type { UploadNode } from "@getodk/xforms-engine";
import { computed, onBeforeUnmount, ref, watch, type Ref } from "vue";
import { nameOf } from "../engine/nodes";
import { useForm } from "../form/context";
import { t } from "../i18n";
import { writeNumber } from "../kit/numbers";

interface Upload {
  /** An address that shows the file; "" without one. */
  url: Ref<string>;
  name: Ref<string>;
  size: Ref<string>;
  problem: Ref<string>;
  give: (content: Blob, ending: string) => Promise<void>;
  remove: () => void;
}

export function useUpload(node: UploadNode): Upload {
  const form = useForm();
  const url = ref("");
  const problem = ref("");
  const file = computed(() => node.currentState.value ?? form.session.files.get(node.currentState.instanceValue)?.blob ?? null);
  watch(file, (now) => {
    if (url.value) URL.revokeObjectURL(url.value);
    url.value = now ? URL.createObjectURL(now) : "";
  }, { immediate: true });
  onBeforeUnmount(() => url.value && URL.revokeObjectURL(url.value));
  return {
    url,
    problem,
    name: computed(() => node.currentState.instanceValue),
    size: computed(() => (file.value ? t("form.kilobytes", { n: writeNumber(String(Math.ceil(file.value.size / 1024))) }) : "")),
    async give(content, ending) {
      problem.value = "";
      // The time makes the name one of its own, so that a replaced file never takes the other's place.
      node.setValue(new File([content], `${nameOf(node)}-${Date.now()}.${ending}`, { type: content.type }));
      const name = node.currentState.instanceValue;
      form.session.files.set(name, { name, mime: content.type, blob: content });
      form.touched();
    },
    remove() {
      forget(node);
      node.setValue(null);
      form.touched();
    },
  };
}

/** The engine falls back on the name with which a draft was opened; without this a kept file could not be taken away. */
function forget(node: UploadNode): void {
  const source = (node as unknown as { instanceNode: { value: string | null } | null }).instanceNode;
  if (source) source.value = null;
}
