namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>What a probe measured of a stage's word vectors.</summary>
/// <param name="Name">The set, with the conventions that are not the defaults.</param>
/// <param name="OfAnalogies">Whether the numbers are shares of questions that were answered rightly; else Spearman's correlations.</param>
/// <param name="Covered">Pairs or questions whose words all have a vector.</param>
/// <param name="Size">Pairs or questions.</param>
/// <param name="Points">By step; the first, of step 0, is the start.</param>
public sealed record ReportedProbe(string Name, bool OfAnalogies, int Covered, int Size, IReadOnlyList<ReportedProbePoint> Points);

/// <summary>What a probe measured at a step.</summary>
/// <param name="Step">The step.</param>
/// <param name="Value">The number; null: there is none.</param>
public sealed record ReportedProbePoint(int Step, double? Value);
