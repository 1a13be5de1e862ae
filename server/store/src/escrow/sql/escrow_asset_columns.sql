SELECT a.id, a.institution_id, a.template_id, a.label, a.metadata, a.revision, a.created_at, a.updated_at
FROM bursar.escrow_asset AS a
