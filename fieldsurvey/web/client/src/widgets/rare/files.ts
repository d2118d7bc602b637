// Endings of files by their MIME type, where the name does not tell.
const ENDINGS: Record<string, string> = {
  "audio/webm": "webm", "audio/mp4": "m4a", "audio/mpeg": "mp3", "audio/amr": "amr", "audio/ogg": "ogg", "audio/wav": "wav",
  "video/mp4": "mp4", "video/3gpp": "3gp", "video/webm": "webm", "video/quicktime": "mov", "application/pdf": "pdf",
};

export function endingOf(mime: string, otherwise: string): string {
  return ENDINGS[mime] ?? otherwise.replace(/[^a-z0-9]/gi, "").toLowerCase().slice(0, 8);
}
