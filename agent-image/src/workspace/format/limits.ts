/** Version of the format, in the first line of HEAD. */
export const FORMAT_VERSION = 1;

/** Small files are collected until they are this long together, in bytes: reading one reads its frame. */
export const SHARED_FRAME_BYTES = 256 * 1024;

/** Longest frame, decoded, in bytes: larger files are cut at multiples of it. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/** A pack that is at least this long is closed, in bytes. */
export const PACK_BYTES = 8 * 1024 * 1024;

/** How much of the latest changes HEAD itself may hold, in bytes. */
export const MAX_INLINE_BYTES = 128 * 1024;

/** Longest manifest, decoded, in bytes; 250,000 files need about a tenth. */
export const MAX_MANIFEST_BYTES = 512 * 1024 * 1024;

/** Longest name and longest path, in bytes: what Linux allows. */
export const MAX_NAME_BYTES = 255;
export const MAX_PATH_BYTES = 4_000;
