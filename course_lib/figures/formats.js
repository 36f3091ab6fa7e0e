// Large numbers as live figures write them; formats.py writes the same. Import what the figure needs.
import { fixed } from "./base.js";

const SPACE = "\u00a0"; // between a number and its unit, which stay on one line
const LEAST = 0.001; // significant digits of a smaller number are of no interest

/** A comma between thousands: 1,280. */
export function thousands(number, decimals = 0) {
  const [whole, rest] = fixed(number, decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest ? `${grouped}.${rest}` : grouped;
}

/** How many there are of what a noun names: 1 token; 2,048 tokens. */
export const counted = (number, noun) => `${thousands(number)} ${noun}${number === 1 ? "" : "s"}`;

/** A share of 1 as a percentage. */
export const percent = (share, decimals = 0) => `${thousands(100 * share, decimals)}${SPACE}%`;

function decimalsFor(number, digits) {
  const power = Number(number.toExponential(digits - 1).split("e")[1]);
  return Math.max(0, digits - 1 - power);
}

/** So many digits of a number that is not negative: 0.123, 12.3, 123; larger ones are whole. */
export const significant = (number, digits = 3) =>
  number > 0 && number < LEAST ? `less than ${LEAST}` : thousands(number, decimalsFor(number, digits));

/** Bytes with three digits and their unit, in steps of 1000 or, if `binary`, of 1024. */
export function byteSize(bytes, binary = false) {
  const base = binary ? 1024 : 1000;
  const units = ["B", ...[..."kMGTPE"].map((prefix) => (binary ? `${prefix.toUpperCase()}iB` : `${prefix}B`))];
  let [value, unit] = [bytes, 0];
  // Compared as it will be written: 999.7 kB is written 1.00 MB.
  while (unit < units.length - 1 && Number(value.toFixed(unit ? decimalsFor(value, 3) : 0)) >= base) {
    value /= base;
    unit += 1;
  }
  return `${unit ? significant(value) : thousands(value)}${SPACE}${units[unit]}`;
}

/** A count as it is said: 128,000; 12.4 million; 8.03 billion. */
export function largeCount(number) {
  for (const [size, name] of [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"]]) {
    const part = number / size;
    if (Number(part.toPrecision(3)) >= 1) return `${significant(part)}${SPACE}${name}`;
  }
  return thousands(number);
}
