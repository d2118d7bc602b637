// Reading aloud, where the phone has a voice for the language.
import { ref } from "vue";

const voices = ref<SpeechSynthesisVoice[]>([]);
const speech = typeof speechSynthesis === "undefined" ? null : speechSynthesis;

function look(): void {
  voices.value = speech?.getVoices() ?? [];
}
look();
speech?.addEventListener?.("voiceschanged", look);

/** "Tiếng Việt (vi)" → "vi"; a form without languages is taken as Vietnamese. */
export function codeOf(language: string): string {
  return /\(([a-z]{2,3})[^)]*\)\s*$/i.exec(language)?.[1]?.toLowerCase() ?? "vi";
}

function voiceFor(language: string): SpeechSynthesisVoice | undefined {
  return voices.value.find((voice) => voice.lang.toLowerCase().startsWith(codeOf(language)));
}

export function canSpeak(language: string): boolean {
  return voiceFor(language) !== undefined;
}

/** Reads the text; what was being read stops. The same text again only stops. */
export function speak(text: string, language: string): void {
  const voice = voiceFor(language);
  if (!speech || !voice) return;
  const again = speech.speaking;
  speech.cancel();
  if (again) return;
  const said = new SpeechSynthesisUtterance(text);
  said.voice = voice;
  said.lang = voice.lang;
  said.rate = 0.9;
  speech.speak(said);
}
