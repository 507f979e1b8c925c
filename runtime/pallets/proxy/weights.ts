import type { Weight } from "../../primitives/types.ts";
import { MICROSECOND, refTime } from "../system/limits.ts";

// With full lists; without the call inside.
const us = (count: bigint): Weight => refTime(count * MICROSECOND);

export const PROXY = us(50n);
export const PROXY_ANNOUNCED = us(120n);
export const ADD_PROXY = us(85n);
export const REMOVE_PROXY = us(80n);
export const REMOVE_PROXIES = us(75n);
export const CREATE_PURE = us(85n);
export const KILL_PURE = us(75n);
export const ANNOUNCE = us(95n);
export const REMOVE_ANNOUNCEMENT = us(85n);
export const POKE_DEPOSIT = us(110n);
