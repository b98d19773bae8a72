namespace DistEmbed.Worker.Evaluation;

/// <summary>How well a classifier does on one label (van Rijsbergen 1979).</summary>
/// <param name="Right">Examples of the label that were given it.</param>
/// <param name="Support">Examples of the label.</param>
/// <param name="Predicted">Examples that were given the label.</param>
public readonly record struct ClassScore(int Right, int Support, int Predicted)
{
    /// <summary>Share of the examples that were given the label which are of it; null: it was given to none.</summary>
    public double? Precision => Predicted == 0 ? null : (double)Right / Predicted;

    /// <summary>Share of the label's examples that were given it; null: there is none.</summary>
    public double? Recall => Support == 0 ? null : (double)Right / Support;

    /// <summary>
    /// Harmonic mean of precision and recall, 2 right / (support + predicted): 0 where one of the two is missing, null where both are, since nobody was asked about the label.
    /// </summary>
    public double? F1 => Support + Predicted == 0 ? null : 2.0 * Right / ((long)Support + Predicted);
}
