// Places: from the phone's satellites, and as XForms writes them ("lat lon altitude accuracy", several with ";").
import { writeNumber } from "./numbers";

export interface Point {
  lat: number;
  lon: number;
  altitude: number;
  accuracy: number;
}

export type Trouble = "refused" | "unknown" | "none";

/** Tells each place that is better known than nothing until the answer is called. */
export function watchPlace(tell: (point: Point) => void, fail: (why: Trouble) => void): () => void {
  if (!navigator.geolocation) {
    fail("none");
    return () => undefined;
  }
  const id = navigator.geolocation.watchPosition(
    ({ coords }) => tell({ lat: coords.latitude, lon: coords.longitude, altitude: coords.altitude ?? 0, accuracy: coords.accuracy }),
    (error) => {
      navigator.geolocation.clearWatch(id);
      fail(error.code === error.PERMISSION_DENIED ? "refused" : "unknown");
    },
    { enableHighAccuracy: true, maximumAge: 0, timeout: 120_000 },
  );
  return () => navigator.geolocation.clearWatch(id);
}

export function pointOf(text: string): Point | null {
  const [lat, lon, altitude = 0, accuracy = 0] = text.trim().split(/\s+/).map(Number);
  if (lat === undefined || lon === undefined || Number.isNaN(lat) || Number.isNaN(lon) || text.trim() === "") return null;
  return { lat, lon, altitude, accuracy };
}

export function pointText(point: Point): string {
  return `${point.lat} ${point.lon} ${point.altitude} ${point.accuracy}`;
}

export function pointsOf(text: string): Point[] {
  return text.split(";").map(pointOf).filter((point) => point !== null);
}

/** Metres for people: "4,2 m" below ten, whole ones above. */
export function metres(value: number): string {
  return `${writeNumber(value < 10 ? String(Math.round(value * 10) / 10) : String(Math.round(value)))} m`;
}

const EARTH = 6_371_008.8; // metres, mean radius
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Length of a line in metres. */
export function lengthOf(points: readonly Point[]): number {
  return points.slice(1).reduce((sum, point, index) => sum + between(points[index]!, point), 0);
}

export function between(a: Point, b: Point): number {
  const [p, q] = [radians(a.lat), radians(b.lat)];
  const chord = Math.sin((q - p) / 2) ** 2 + Math.cos(p) * Math.cos(q) * Math.sin(radians(b.lon - a.lon) / 2) ** 2;
  return 2 * EARTH * Math.asin(Math.sqrt(chord));
}

/** Area in square metres of what the points enclose. */
export function areaOf(points: readonly Point[]): number {
  const sum = points.reduce((total, point, index) => {
    const other = points[(index + 1) % points.length]!;
    return total + radians(other.lon - point.lon) * (2 + Math.sin(radians(point.lat)) + Math.sin(radians(other.lat)));
  }, 0);
  return Math.abs((sum * EARTH ** 2) / 2);
}
