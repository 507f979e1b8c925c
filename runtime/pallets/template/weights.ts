// What each call costs at most, in ps of the benchmark machine. One table, so that a benchmark can replace it.
import { MICROSECOND, refTime } from "../system/limits.ts";

/** Reads and writes the note, the count, the account and its holds; one event. */
export const SET_NOTE = refTime(70n * MICROSECOND);
export const CLEAR_NOTE = refTime(65n * MICROSECOND);
