// The frame.
export const app = {
  "app.name": "Rà soát hộ",
  "app.broken": "Trang này chưa mở được. Những gì đã ghi vẫn còn trong máy. Hãy về trang đầu và thử lại.",
  "app.details": "Chi tiết cho người hỗ trợ",
  "app.home": "Về trang đầu",
  "app.back": "Quay lại",
  "app.close": "Đóng",
  "app.cancel": "Không",
  "app.letters.normal": "Chữ thường",
  "app.letters.large": "Chữ to",
  "app.letters.huge": "Chữ rất to",
};
