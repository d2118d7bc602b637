// Starts the app. The only module that names other chunks, so that a change in one of them changes that one and this.
import { createApp } from "vue";
import App from "./App.vue";
import { startLanguage } from "./i18n";
import { startAppearance } from "./kit/appearance";
import { offer } from "./kit/parts";
import "./styles/base.css";

offer({ en: () => import("./i18n/en"), rare: () => import("./widgets/rare") });

await startLanguage();
startAppearance();
createApp(App).mount("#app");
