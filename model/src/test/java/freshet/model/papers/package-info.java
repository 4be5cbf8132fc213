/** The experiments of the papers whose ideas this module has, made small: seconds, seeded, with the papers' own conclusions. */
package freshet.model.papers;
