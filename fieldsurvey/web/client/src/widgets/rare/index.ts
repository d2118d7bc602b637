// Widgets that few forms need; one chunk of their own.
export { default as AudioUpload } from "./AudioUpload.vue";
export { default as BarcodeInput } from "./BarcodeInput.vue";
export { default as DrawPad } from "./DrawPad.vue";
export { default as FileUpload } from "./FileUpload.vue";
export { default as GeoLine } from "./GeoLine.vue";
export { default as MapSheet } from "./MapSheet.vue";
export { default as RangeInput } from "./RangeInput.vue";
export { default as RankList } from "./RankList.vue";
export { default as SelectLikert } from "./SelectLikert.vue";
export { default as SelectMap } from "./SelectMap.vue";
export { default as SelectTable } from "./SelectTable.vue";
export { default as TimeInput } from "./TimeInput.vue";
export { default as VideoUpload } from "./VideoUpload.vue";
