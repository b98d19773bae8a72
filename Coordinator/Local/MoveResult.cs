using DistEmbed.Coordinator.Reports;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>What came of moving untouched rows.</summary>
/// <param name="Untouched">Untouched words with a pretrained vector: those that are moved.</param>
/// <param name="Moved">Words with a pretrained vector that training moved: those that are learned from.</param>
/// <param name="None">Accuracy and loss on dev with unmoved rows.</param>
/// <param name="Tried">What was tried, in the order of ways and of strengths.</param>
/// <param name="Kept">The best on dev, the first of equals; null: none is better than unmoved rows.</param>
/// <param name="Test">The test part; null: there is none.</param>
public sealed record MoveResult(int Untouched, int Moved, PartResult None, IReadOnlyList<MeasuredMove> Tried, MeasuredMove? Kept, TestedMove? Test);

/// <summary>A way and a strength, measured on dev.</summary>
/// <param name="Ridge">The ridge of the map; null: along with neighbours.</param>
/// <param name="Strength">The share of their displacement that rows move by.</param>
/// <param name="Dev">Accuracy and loss on dev.</param>
/// <param name="Gained">Dev examples that it gets right and unmoved rows do not.</param>
/// <param name="Lost">Dev examples that unmoved rows get right and it does not.</param>
public sealed record MeasuredMove(double? Ridge, double Strength, PartResult Dev, int Gained, int Lost);

/// <summary>The test part with unmoved rows and with the kept ones.</summary>
/// <param name="None">Accuracy and loss with unmoved rows.</param>
/// <param name="Kept">Accuracy and loss with the rows that are kept; null: none are.</param>
/// <param name="Difference">The kept rows beside the unmoved; null: none are kept.</param>
public sealed record TestedMove(PartResult None, PartResult? Kept, PairedComparison? Difference);
