// Which widget a question gets: by its kind, its type and its appearance. Rare ones are fetched when first needed.
import { defineAsyncComponent, type Component } from "vue";
import type { Question } from "../engine/nodes";
import { part } from "../kit/parts";
import { appearancesOf } from "./answer";
import DateInput from "./DateInput.vue";
import NumberInput from "./NumberInput.vue";
import SelectRows from "./SelectRows.vue";
import SelectSheet from "./SelectSheet.vue";
import TextInput from "./TextInput.vue";
import TriggerRow from "./TriggerRow.vue";
import ImageUpload from "./ImageUpload.vue";
import GeoPoint from "./GeoPoint.vue";
import NoteValue from "./NoteValue.vue";

export interface Widget {
  component: Component;
  /** It has one field with the id `<id>-field`, to which the label belongs. */
  labels?: boolean;
  /** It shows the question's label itself. */
  ownLabel?: boolean;
}

const rare = (name: "AudioUpload" | "BarcodeInput" | "FileUpload" | "GeoLine" | "RangeInput" | "RankList" | "SelectLikert" | "SelectMap" | "SelectTable" | "TimeInput" | "VideoUpload"): Widget => ({
  component: defineAsyncComponent(async () => (await part("rare"))[name] as Component),
});

const TEXT: Widget = { component: TextInput, labels: true };
const NUMBER: Widget = { component: NumberInput, labels: true };
const ROWS: Widget = { component: SelectRows };
const SHEET: Widget = { component: SelectSheet };
const DATE: Widget = { component: DateInput };
const INPUTS: Record<string, Widget> = {
  int: NUMBER, decimal: NUMBER, date: DATE, time: rare("TimeInput"), dateTime: rare("TimeInput"),
  geopoint: { component: GeoPoint }, geotrace: rare("GeoLine"), geoshape: rare("GeoLine"), barcode: rare("BarcodeInput"),
};
const UPLOADS: Record<string, Widget> = { image: { component: ImageUpload }, audio: rare("AudioUpload"), video: rare("VideoUpload") };
const OTHERS: Record<string, Widget> = {
  note: { component: NoteValue }, range: rare("RangeInput"), rank: rare("RankList"), trigger: { component: TriggerRow },
};
const LIKERT = rare("SelectLikert");
const TABLE: Widget = { ...rare("SelectTable"), ownLabel: true };
const MAP = rare("SelectMap");
const FILE = rare("FileUpload");

export function widgetOf(node: Question): Widget {
  const { nodeType } = node;
  if (nodeType === "input") return INPUTS[node.valueType] ?? TEXT;
  if (nodeType === "upload") return UPLOADS[node.nodeOptions.media.type ?? ""] ?? FILE;
  if (nodeType === "select") return selectOf(appearancesOf(node));
  return OTHERS[nodeType] ?? TEXT;
}

function selectOf(looks: Set<string>): Widget {
  if (looks.has("label") || looks.has("list-nolabel")) return TABLE;
  if (looks.has("likert")) return LIKERT;
  if (looks.has("map")) return MAP;
  if (looks.has("minimal") || looks.has("autocomplete")) return SHEET;
  return ROWS;
}
