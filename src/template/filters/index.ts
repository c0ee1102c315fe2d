import type { Table } from '../signature.js';
import { YAML_FILTERS } from '../yaml-filters.js';
import { ADDRESS_FILTERS } from './addresses.js';
import { CONTROLLER_FILE_FILTERS } from './controller-files.js';
import { DATE_FILTERS } from './dates.js';
import { DICT_FILTERS } from './dicts.js';
import { ENCODING_FILTERS } from './encodings.js';
import { LIST_FILTERS } from './lists.js';
import { NUMBER_FILTERS } from './numbers.js';
import { PATH_FILTERS } from './paths.js';
import { PICKING_FILTERS } from './picking.js';
import { QUERY_FILTERS } from './queries.js';
import { RANDOM_FILTERS } from './random.js';
import { REGEX_FILTERS } from './regex.js';
import { SECRET_FILTERS } from './secrets.js';
import { SET_FILTERS } from './sets.js';
import { SIZE_FILTERS } from './sizes.js';
import { TEXT_FILTERS } from './text.js';
import { VALUE_FILTERS } from './values.js';

/** Every filter by name. */
export const FILTERS: Table = {
  ...VALUE_FILTERS,
  ...TEXT_FILTERS,
  ...REGEX_FILTERS,
  ...NUMBER_FILTERS,
  ...SIZE_FILTERS,
  ...LIST_FILTERS,
  ...PICKING_FILTERS,
  ...RANDOM_FILTERS,
  ...SET_FILTERS,
  ...DICT_FILTERS,
  ...ENCODING_FILTERS,
  ...YAML_FILTERS,
  ...PATH_FILTERS,
  ...CONTROLLER_FILE_FILTERS,
  ...DATE_FILTERS,
  ...SECRET_FILTERS,
  ...ADDRESS_FILTERS,
  ...QUERY_FILTERS,
};
