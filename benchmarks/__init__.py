# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator costs, in ratios to what the same work costs without it, measured in the same run."""
