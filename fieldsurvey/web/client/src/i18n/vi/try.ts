// Trying a form out.
export const trying = {
  "try.signIn": "Hãy đăng nhập ở trang web trước, rồi mở lại trang này.",
  "try.missing": "Không có phiếu này, hoặc anh chị không được xem ({status}).",
  "try.done": "Đã thử xong",
  "try.doneText": "Đây chỉ là bản thử. Không có gì được gửi đi.",
  "try.answers": "Câu trả lời sẽ được gửi như sau",
  "try.again": "Thử lại",
};
