namespace DistEmbed.Worker.Evaluation;

/// <summary>What training did to the row that a token reads.</summary>
public enum WordRowState
{
    /// <summary>At least one bit of it differs from its first value.</summary>
    Moved,

    /// <summary>It is still the pretrained vector that it started with, bit for bit.</summary>
    Pretrained,

    /// <summary>It had no pretrained vector, and is still its first value, bit for bit.</summary>
    NoVector,

    /// <summary>It stands for every word that the vocabulary does not have, or for padding.</summary>
    Unknown,
}
