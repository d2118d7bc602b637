"""XLSForms for the phone app: one with every type of question and every appearance, one whose entries are many."""

from __future__ import annotations

EVERY_TYPE = """
| survey | | | | | | | | | | |
| | type | name | label::Tiếng Việt (vi) | label::English (en) | hint::Tiếng Việt (vi) | guidance_hint::Tiếng Việt (vi) | required | constraint | appearance | parameters | relevant | calculation | choice_filter | default | trigger |
| | start | start | | | | | | | | | | | | | |
| | end | end | | | | | | | | | | | | | |
| | today | today | | | | | | | | | | | | | |
| | username | username | | | | | | | | | | | | | |
| | hidden | secret | | | | | | | | | | | | hid | |
| | begin_group | texts | Chữ | Texts | | | | | field-list | | | | | | |
| | text | plain | Tên **đầy đủ** | Full name | Ghi có dấu | Xem giấy tờ gốc | yes | string-length(.) >= 2 | | | | | | | |
| | text | long | Ghi chú | Remarks | | | | | multiline | | | | | | |
| | text | digits | Điện thoại | Phone | | | | | numbers | | | | | | |
| | text | lower | Chữ thường | Lower | | | | regex(., '^[a-z]*$') | | | | | | | |
| | text | masked | Mã PIN | PIN | | | | | masked | | | | | | |
| | text | link | Trang | Page | | | | | url | | | | | | |
| | end_group | | | | | | | | | | | | | | |
| | begin_group | numbers | Số | Numbers | | | | | field-list | | | | | | |
| | integer | whole | Số con | Animals | | | | . <= 50000 | | | | | | | |
| | integer | money | Thu nhập (đồng) | Income (VND) | | | | | thousands-sep | | | | | | |
| | decimal | area | Diện tích (m²) | Area (m²) | | | | | | | | | | | |
| | integer | counted | Đếm | Count | | | | | counter | | | | | | |
| | range | slide | Mức độ | Level | | | | | | start=0 end=10 step=1 | | | | | |
| | range | noticks | Mức độ không vạch | Level without ticks | | | | | no-ticks | start=0 end=100 step=5 | | | | | |
| | range | upright | Mức độ đứng | Upright | | | | | vertical | start=0 end=5 step=0.5 | | | | | |
| | range | picked | Mức độ chọn | Picked | | | | | picker | start=1 end=5 step=1 | | | | | |
| | range | stars | Sao | Stars | | | | | rating | start=1 end=5 step=1 | | | | | |
| | end_group | | | | | | | | | | | | | | |
| | begin_group | days | Ngày giờ | Dates | | | | | field-list | | | | | | |
| | date | day | Ngày sinh | Birth | | | | | | | | | | | |
| | date | day_plain | Ngày cấp | Issued | | | | | no-calendar | | | | | | |
| | date | month | Tháng | Month | | | | | month-year | | | | | | |
| | date | year | Năm | Year | | | | | year | | | | | | |
| | time | clock | Giờ | Time | | | | | | | | | | | |
| | dateTime | moment | Lúc | Moment | | | | | | | | | | | |
| | end_group | | | | | | | | | | | | | | |
| | begin_group | ones | Chọn một | One of | | | | | field-list | | | | | | |
| | select_one yn | rows | Có không? | Yes or no? | | | | | | | | | | | |
| | select_one fruit | minimal | Quả | Fruit | | | | | minimal | | | | | | |
| | select_one fruit | autocomplete | Quả tìm | Fruit searched | | | | | autocomplete | | | | | | |
| | select_one fruit | columns | Quả hai cột | Fruit in columns | | | | | columns-2 | | | | | | |
| | select_one fruit | packed | Quả xếp | Fruit packed | | | | | columns-pack | | | | | | |
| | select_one fruit | compact | Quả gọn | Fruit compact | | | | | compact | | | | | | |
| | select_one agree | likert | Hài lòng? | Content? | | | | | likert | | | | | | |
| | select_one fruit or_other | other | Quả khác | Other fruit | | | | | | | | | | | |
| | end_group | | | | | | | | | | | | | | |
| | begin_group | table | Bảng | Table | | | | | field-list | | | | | | |
| | select_one yn | head | Việc | Thing | | | | | label | | | | | | |
| | select_one yn | radio | Đài | Radio | | | | | list-nolabel | | | | | | |
| | select_one yn | tv | Ti vi | TV | | | | | list-nolabel | | | | | | |
| | end_group | | | | | | | | | | | | | | |
| | begin_group | many | Chọn nhiều | Some of | | | | | field-list | | | | | | |
| | select_multiple fruit | fruits | Những quả | Fruits | | | | | | | | | | | |
| | select_multiple fruit | fruits_sheet | Những quả, danh sách | Fruits, list | | | | | minimal | | | | | | |
| | rank fruit | order | Xếp thứ tự | Order | | | | | | | | | | | |
| | select_one province | province | Tỉnh | Province | | | | | minimal | | | | | | |
| | select_one district | district | Xã | Commune | | | | | minimal | | | | province=${province} | | |
| | end_group | | | | | | | | | | | | | | |
| | select_one yn | quick | Nhanh? | Quick? | | | | | quick | | | | | | |
| | begin_group | widths | Lưới | Grid | | | | | field-list | | | | | | |
| | text | w1 | Một | One | | | | | w1 | | | | | | |
| | text | w3 | Ba | Three | | | | | w3 | | | | | | |
| | integer | w2a | Hai | Two | | | | | w2 | | | | | | |
| | integer | w2b | Hai nữa | Two more | | | | | w2 | | | | | | |
| | end_group | | | | | | | | | | | | | | |
| | begin_group | files | Tệp | Files | | | | | field-list | | | | | | |
| | image | photo | Ảnh | Photo | | | | | | max-pixels=800 | | | | | |
| | image | selfie | Chân dung | Portrait | | | | | new-front | | | | | | |
| | image | signature | Chữ ký | Signature | | | | | signature | | | | | | |
| | image | drawing | Hình vẽ | Drawing | | | | | draw | | | | | | |
| | image | marked | Ảnh có đánh dấu | Annotated | | | | | annotate | | | | | | |
| | audio | voice | Lời nói | Voice | | | | | | | | | | | |
| | video | film | Phim | Film | | | | | | | | | | | |
| | file | paper | Giấy tờ | Paper | | | | | | | | | | | |
| | end_group | | | | | | | | | | | | | | |
| | begin_group | places | Nơi | Places | | | | | field-list | | | | | | |
| | geopoint | point | Vị trí | Position | | | | | | | | | | | |
| | geopoint | mapped | Vị trí trên bản đồ | On the map | | | | | placement-map | | | | | | |
| | geotrace | line | Đường | Line | | | | | | | | | | | |
| | geoshape | land | Vùng đất | Land | | | | | | | | | | | |
| | barcode | code | Mã vạch | Barcode | | | | | | | | | | | |
| | end_group | | | | | | | | | | | | | | |
| | note | said | Chào ${plain}, tổng là ${sum}. | Hello ${plain}, the sum is ${sum}. | | | | | | | | | | | |
| | calculate | sum | | | | | | | | | | coalesce(${whole}, 0) + coalesce(${counted}, 0) | | | |
| | text | shown | Chỉ đọc | Read only | | | | | | | | ${sum} | | | |
| | acknowledge | seen | Đã đọc cho gia đình nghe | Read to the family | | | yes | | | | | | | | |
| | begin_repeat | members | Người | Person | | | | | field-list | | | | | | |
| | text | m_name | Tên | Name | | | yes | | | | | | | | |
| | integer | m_age | Tuổi | Age | | | | . < 130 | | | | | | | |
| | select_one yn | m_work | Đi làm? | Works? | | | | | | | ${m_age} >= 15 | | | | |
| | end_repeat | | | | | | | | | | | | | | |
| | begin_group | inside | Bên trong | Inside | | | | | field-list | | | | | | |
| | begin_repeat | plots | Thửa | Plot | | | | | | | | | | | |
| | integer | p_area | Diện tích thửa | Plot area | | | | | | | | | | | |
| | end_repeat | | | | | | | | | | | | | | |
| | end_group | | | | | | | | | | | | | | |
| | text | why | Vì sao? | Why? | | | yes | | | | ${quick} = 'no' | | | | |
| choices | | | | | |
| | list_name | name | label::Tiếng Việt (vi) | label::English (en) | province |
| | yn | yes | Có | Yes | |
| | yn | no | Không | No | |
| | fruit | mango | Xoài | Mango | |
| | fruit | longan | Nhãn | Longan | |
| | fruit | orange | Cam | Orange | |
| | agree | a1 | Rất không | Not at all | |
| | agree | a2 | Bình thường | So so | |
| | agree | a3 | Rất hài lòng | Very | |
| | province | pt | Phú Thọ | Phu Tho | |
| | province | lc | Lào Cai | Lao Cai | |
| | district | th | Tam Hồng | Tam Hong | pt |
| | district | sp | Sa Pả | Sa Pa | lc |
| settings | | | | |
| | form_title | form_id | version | default_language |
| | Mọi loại câu hỏi | every-type | 1 | Tiếng Việt (vi) |
"""
