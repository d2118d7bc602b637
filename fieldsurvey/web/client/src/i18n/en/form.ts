// The form.
export const form = {
  "form.loading": "Opening the form…",
};
