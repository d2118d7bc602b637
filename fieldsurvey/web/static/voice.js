// The officer speaks a note: a button beside the file field records with the microphone and puts the sound into the field.
"use strict";

const LONGEST = 120_000; // ms
const form = document.querySelector("form[data-voice]");
const [record, stop, remove, silent] = (form?.dataset.voice ?? "").split("|");

/** A button for one field; made when the note is opened, as a page has hundreds. */
function offer(label) {
  const field = label.querySelector("input");
  const button = document.createElement("button");
  const said = document.createElement("span");
  let recorder = null;
  let begun = 0;
  said.setAttribute("role", "status");
  const show = () => {
    const recording = recorder?.state === "recording";
    button.textContent = recording ? stop : field.files.length ? remove : record;
    button.setAttribute("aria-pressed", String(recording));
  };
  const keep = (chunks, kind) => {
    const sound = new File(chunks, kind.includes("mp4") ? "note.m4a" : "note.webm", { type: kind.split(";")[0] });
    const carrier = new DataTransfer();
    carrier.items.add(sound);
    field.files = carrier.files;
    said.textContent = `${Math.round((Date.now() - begun) / 1000)} s`;
    show();
  };
  const begin = async () => {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const chunks = [];
      recorder = new MediaRecorder(stream, { audioBitsPerSecond: 24_000 });
      recorder.addEventListener("dataavailable", ({ data }) => chunks.push(data));
      recorder.addEventListener("stop", () => {
        stream.getTracks().forEach((track) => track.stop());
        keep(chunks, recorder.mimeType);
      });
      begun = Date.now();
      recorder.start();
      setTimeout(() => recorder.state === "recording" && recorder.stop(), LONGEST);
      said.textContent = "";
    } catch {
      said.textContent = silent;
      label.classList.remove("recordable"); // the file field is still there
    }
    show();
  };
  button.type = "button";
  button.addEventListener("click", () => {
    if (recorder?.state === "recording") recorder.stop();
    else if (field.files.length) {
      field.value = "";
      said.textContent = "";
      show();
    } else begin();
  });
  label.classList.add("recordable");
  label.append(button, said);
  show();
}

if (form && navigator.mediaDevices && window.MediaRecorder) {
  document.addEventListener("toggle", ({ target }) => {
    const label = target.open && target.matches?.("details.note") && target.querySelector(".voice:not(.recordable)");
    if (label && !label.querySelector("button")) offer(label);
  }, true);
}
