"""Adapters to what training code has already. Each is a module of its own, which imports its framework when it is imported itself::

    from runyard.integrations.logging_handler import RunyardHandler      # the logging module
    from runyard.integrations.keras import RunyardCallback               # Keras
    from runyard.integrations.lightning import RunyardLogger             # Lightning
    from runyard.integrations.transformers import RunyardCallback        # Transformers
"""
