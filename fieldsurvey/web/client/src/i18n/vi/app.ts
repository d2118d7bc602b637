// The frame.
export const app = {
  "app.name": "Rà soát hộ",
  "app.broken": "Trang này chưa mở được. Những gì đã ghi vẫn còn trong máy. Hãy về trang đầu và thử lại.",
  "app.details": "Chi tiết cho người hỗ trợ",
  "app.home": "Về trang đầu",
};
