namespace DistEmbed.Worker.Corpus;

/// <summary>What a pass over the text joined.</summary>
/// <param name="Threshold">The score that a pair has to be above.</param>
/// <param name="Joins">How often two words became one.</param>
/// <param name="Phrases">The phrases, those of the highest score first; ties in ordinal order.</param>
internal sealed record PhrasePass(double Threshold, long Joins, IReadOnlyList<string> Phrases);
