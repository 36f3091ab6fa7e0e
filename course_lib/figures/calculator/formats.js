// Large numbers as a reader says them. A gigabyte is 10⁹ bytes, a gibibyte 2³⁰.

const LEAST = 0.001; // a smaller ratio is of no interest
const DECIMAL = ["bytes", "kB", "MB", "GB", "TB", "PB"];
const BINARY = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Write a whole number with commas between thousands. */
export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

/** Write "1 token", "2,048 tokens". */
export const counted = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;

/** Write a number with some significant digits, whole where it is large. */
export function significant(number, digits = 3) {
  if (number > 0 && number < LEAST) return `less than ${LEAST}`;
  return Number(number.toPrecision(digits)) >= 10 ** digits ? grouped(Math.round(number)) : number.toPrecision(digits);
}

/** Write bytes in the unit that leaves up to three digits before the point. */
export function asBytes(bytes, units = DECIMAL, step = 1000) {
  let power = 0;
  while (power < units.length - 1 && Number((bytes / step ** power).toPrecision(3)) >= step) power += 1;
  return `${power ? significant(bytes / step ** power) : bytes} ${units[power]}`;
}

export const asBinaryBytes = (bytes) => asBytes(bytes, BINARY, 1024);
