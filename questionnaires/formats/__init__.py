"""Files → questionnaires and studies. Every fault is named with its file and line.

yaml_source reads text into values that know their lines, shapes say which keys there are, and a draft keeps what
was read so far. yaml_choices, yaml_question and yaml_form build the questionnaire, study_folder the study.
"""
