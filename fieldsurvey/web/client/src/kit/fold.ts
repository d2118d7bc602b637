// Searching without accents: "nguyen" finds "Nguyễn", "dang" finds "Đặng".

/** Lower case without accents. */
export function fold(text: string): string {
  return text.toLowerCase().replaceAll("đ", "d").normalize("NFD").replace(/[\u0300-\u036f]/g, "");
}

/** Whether every word of the search begins or stands in a word of the text. */
export function found(text: string, search: string): boolean {
  const folded = fold(text);
  return fold(search).split(/\s+/).every((word) => folded.includes(word));
}
