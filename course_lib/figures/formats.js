// Large numbers as live figures write them; formats.py writes the same. Import what the figure needs.
import { fixed } from "./base.js";

const SPACE = "\u00a0"; // between a number and its unit, which stay on one line

const decimalsFor = (number) => (number < 9.995 ? 2 : number < 99.95 ? 1 : 0);

/** A comma between thousands: 1,280. */
export function thousands(number, decimals = 0) {
  const [whole, rest] = fixed(number, decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest ? `${grouped}.${rest}` : grouped;
}

/** A share of 1 as a percentage. */
export const percent = (share, decimals = 0) => `${fixed(100 * share, decimals)}${SPACE}%`;

/** Three digits: 1.23, 12.3, 123; larger numbers are whole. */
export const threeDigits = (number) => thousands(number, decimalsFor(number));

/** Bytes with three digits and their unit, in steps of 1000 or, if `binary`, of 1024. */
export function byteSize(bytes, binary = false) {
  const base = binary ? 1024 : 1000;
  const units = ["B", ...[..."kMGTPE"].map((prefix) => (binary ? `${prefix.toUpperCase()}iB` : `${prefix}B`))];
  let [value, unit] = [bytes, 0];
  // Compared as it will be written: 999.7 kB is written 1.00 MB.
  while (unit < units.length - 1 && Number(value.toFixed(unit ? decimalsFor(value) : 0)) >= base) {
    value /= base;
    unit += 1;
  }
  return `${unit ? threeDigits(value) : thousands(value)}${SPACE}${units[unit]}`;
}

/** A count as it is said: 128,000; 12.4 million; 8.03 billion. */
export function largeCount(number) {
  for (const [size, name] of [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"]]) {
    const part = number / size;
    if (Number(part.toFixed(decimalsFor(part))) >= 1) return `${threeDigits(part)}${SPACE}${name}`;
  }
  return thousands(number);
}
