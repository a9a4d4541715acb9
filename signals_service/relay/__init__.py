"""What follows on an act without making anybody wait: mail, the Logboek Dataverwerkingen, terms, the audit's heads."""
