-- A write run's plan is compared with the items that were shown, which are kept already.
ALTER TABLE actions DROP COLUMN plan_whole;
ALTER TABLE actions DROP COLUMN plan_fields;
