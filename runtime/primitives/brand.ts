declare const brand: unique symbol;

/** A type that only its own constructor can make: validated once, where bytes enter, and proof of it inside the house. */
export type Brand<T, Name extends string> = T & { readonly [brand]: { readonly [K in Name]: true } };
