"""The embedded demo corpora: rated audio whose causes are known."""
