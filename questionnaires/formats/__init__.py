"""Files → questionnaires and studies, one format a module. Every fault is named with its file and line."""
