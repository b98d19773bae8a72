namespace DistEmbed.Protocol.Vectors;

/// <summary>Vectors of those words of a vocabulary that a file holds.</summary>
/// <param name="Dimension">Numbers a vector.</param>
/// <param name="Rows">Rows of the vocabulary that have a vector, ascending; padding and unknown are never among them.</param>
/// <param name="Values">Their vectors, one after the other in the order of <see cref="Rows"/>.</param>
/// <param name="Report">How it went.</param>
public sealed record LoadedVectors(int Dimension, int[] Rows, float[] Values, VectorReport Report)
{
    /// <summary>What the output vectors start from, of the same dimension; null where they start as the model says.</summary>
    public LoadedVectors? Context { get; init; }
}
