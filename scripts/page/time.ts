/** @returns a duration as `0.4 s`, `42 s`, `4 min 12 s` or `1 h 5 min` */
export function durationText(seconds: number): string {
  if (seconds < 9.95) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 === 0 ? '' : ` ${whole % 60} s`}`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`;
}

/** @returns a time as `2026-11-25 04:12:07 UTC`; the text itself when it is not a time */
export function moment(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** @returns how long ago a time was, as `3 min ago`; empty when it is not a time */
export function ago(time: string, now: string): string {
  const seconds = (Date.parse(now) - Date.parse(time)) / 1000;
  if (Number.isNaN(seconds)) return '';
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

/**
 * Chooses round positions for the ticks of a time axis.
 *
 * @param seconds length of the axis
 * @param most maximum number of ticks beside 0
 * @returns seconds from the start, 0 first
 */
export function ticks(seconds: number, most = 6): number[] {
  const step = steps.find((candidate) => seconds / candidate <= most) ?? Math.ceil(seconds / most / 86400) * 86400;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
}

/** @returns a position on the axis as `0:45`, `12:30` or `1:05:00` */
export function clock(seconds: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
