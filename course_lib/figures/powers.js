// Very large and very small numbers as live figures write them; powers.py writes the same.
import { significant } from "./formats.js";

const NO_BREAK = "\u00a0"; // a number keeps to what follows it
const RAISED = Object.fromEntries([..."-0123456789"].map((sign, i) => [sign, [..."⁻⁰¹²³⁴⁵⁶⁷⁸⁹"][i]]));
const DAY = 86400;
const TIME_UNITS = [[365.25 * DAY, "years"], [DAY, "days"], [3600, "hours"], [60, "minutes"], [1, "seconds"]];
const MOST_DAYS = 1000; // days are counted so far before years are

/** A number that is not negative with a power of ten: 5.76 × 10²³; 0. */
export function scientific(number, digits = 3) {
  if (number === 0) return "0";
  const [mantissa, power] = number.toExponential(digits - 1).split("e");
  return `${mantissa}${NO_BREAK}×${NO_BREAK}10${[...power.replace("+", "")].map((sign) => RAISED[sign]).join("")}`;
}

/** A time with three digits in the unit in which it is said: 41.7 days; 149 years. */
export function duration(seconds) {
  if (seconds < 1) return "less than a second";
  const [size, name] = TIME_UNITS.find(([each, unit]) => seconds >= (unit === "years" ? MOST_DAYS * DAY : each));
  return `${significant(seconds / size)}${NO_BREAK}${name}`;
}
