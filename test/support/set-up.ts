import fc from 'fast-check';

// The gate tries the same cases each time, so that a red run is about the change; FC_SEED=random looks further afield.
const given = process.env.FC_SEED;
if (given !== 'random') fc.configureGlobal({ seed: Number(given ?? 20190411) });
