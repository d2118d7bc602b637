// Trying a form out.
export const trying = {
  "try.signIn": "Sign in on the web pages first, then open this page again.",
  "try.missing": "There is no such form, or you may not see it ({status}).",
  "try.done": "Tried out",
  "try.doneText": "This was only a trial. Nothing was sent.",
  "try.answers": "What would be sent",
  "try.again": "Try again",
};
