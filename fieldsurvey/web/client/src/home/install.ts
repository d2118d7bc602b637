// The hint to put the app on the home screen; installed apps keep their data for good.

import { readonly, ref } from "vue";

interface InstallEvent extends Event {
  prompt(): Promise<void>;
}

let offered: InstallEvent | null = null;
const can = ref(false);

export const canInstall = readonly(can);
export const installed = matchMedia("(display-mode: standalone)").matches;

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offered = event as InstallEvent;
  can.value = true;
});
addEventListener("appinstalled", () => (can.value = false));

export async function install(): Promise<void> {
  await offered?.prompt();
  can.value = false;
}
