// The frame.
export const app = {
  "app.name": "Household review",
  "app.broken": "This page could not be opened. What you entered is still on the phone. Go to the first page and try again.",
  "app.details": "Details for support",
  "app.home": "To the first page",
  "app.back": "Back",
  "app.close": "Close",
  "app.cancel": "Cancel",
  "app.letters.normal": "Normal letters",
  "app.letters.large": "Large letters",
  "app.letters.huge": "Very large letters",
};
