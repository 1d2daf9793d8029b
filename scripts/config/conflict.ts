/** What Git leaves in a file that two branches changed in one place. */
export const conflict = /^<{7} .*$[\s\S]*?^>{7} /m;
