"""What an official can do with the signaleringstool, one module per act.

The pages and the API both call these functions, so what is asked, refused and recorded is the same whichever way an
official comes in. Nothing here knows Flask, and nothing here holds SQL: an act takes the store, the address register
and who asks, and returns plain values to show.
"""
