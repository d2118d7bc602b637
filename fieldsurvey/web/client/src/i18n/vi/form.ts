// The form.
export const form = {
  "form.loading": "Đang mở phiếu…",
};
