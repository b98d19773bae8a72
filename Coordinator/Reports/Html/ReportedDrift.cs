namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>How far the words of a table are from their start, as a report shows it.</summary>
/// <param name="Table">Name of the table.</param>
/// <param name="Step">The step whose weights were measured.</param>
/// <param name="Classes">All words first, then classes of them.</param>
public sealed record ReportedDrift(string Table, int Step, IReadOnlyList<ReportedDriftClass> Classes);

/// <summary>A class of words.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rows">Words in it.</param>
/// <param name="Moved">Of these, words in which any bit differs.</param>
/// <param name="Cosine">Cosine to the start.</param>
/// <param name="Distance">L2 distance to the start.</param>
/// <param name="NormGrowth">Norm now over norm at the start.</param>
public sealed record ReportedDriftClass(string Name, long Rows, long Moved, ReportedHistogram Cosine, ReportedHistogram Distance, ReportedHistogram NormGrowth);

/// <summary>How a measure is spread.</summary>
/// <param name="Edges">Ascending.</param>
/// <param name="Counts">One more than edges: words below the first, between two, from the last on.</param>
/// <param name="Mean">Mean; null: no word has the measure.</param>
public sealed record ReportedHistogram(IReadOnlyList<double> Edges, IReadOnlyList<long> Counts, double? Mean);

/// <summary>The nearest words of a word before tuning and after.</summary>
/// <param name="Word">The word.</param>
/// <param name="Cosine">Cosine of its vector to its start; null where there is none.</param>
/// <param name="Before">Nearest first, before.</param>
/// <param name="After">Nearest first, after.</param>
public sealed record ReportedNeighbors(string Word, double? Cosine, IReadOnlyList<string> Before, IReadOnlyList<string> After);

/// <summary>How near two words were to each other.</summary>
/// <param name="Word">A word.</param>
/// <param name="Other">Another.</param>
/// <param name="Before">Cosine of their vectors before tuning; null: none.</param>
/// <param name="After">Cosine after tuning; null: none.</param>
public sealed record ReportedPair(string Word, string Other, double? Before, double? After);
