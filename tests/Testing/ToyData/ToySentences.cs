using DistEmbed.Protocol.Randomness;

namespace DistEmbed.Testing.ToyData;

/// <summary>
/// Draws sentences that a model can learn to label: each word is one of its class's own words or one that all classes share.
/// </summary>
/// <param name="seed">Decides all draws, together with their order.</param>
/// <param name="own">The words of each class that no other class has.</param>
/// <param name="shared">The words that any sentence may have.</param>
public sealed class ToySentences(ulong seed, IReadOnlyList<string[]> own, string[] shared)
{
    private CounterRandom _random = new(seed, RandomPurpose.DataSplit);

    /// <summary>All words: those of the classes in order, then the shared ones.</summary>
    public IReadOnlyList<string> Words { get; } = [.. own.SelectMany(words => words), .. shared];

    /// <summary>Sentences about the weather, of two classes.</summary>
    public static ToySentences OfWeather(ulong seed) =>
        new(seed, [["sun", "warm", "calm"], ["storm", "cold", "dark"]], ["day", "sea", "night", "sky"]);

    /// <summary>A sentence in which one word out of so many is the class's own, on average.</summary>
    public string[] Draw(int label, int words, int ownOneIn) => Draw(label, words, _ => Below(ownOneIn) == 0);

    /// <summary>A sentence whose words at some places are the class's own.</summary>
    public string[] Draw(int label, int words, Func<int, bool> isOwn) =>
        [.. Enumerable.Range(0, words).Select(place => Word(label, isOwn(place)))];

    /// <summary>A word of a class, or a shared one.</summary>
    public string Word(int label, bool isOwn)
    {
        string[] words = isOwn ? own[label] : shared;
        return words[Below(words.Length)];
    }

    /// <summary>A number from 0 to below <paramref name="bound"/>.</summary>
    public int Below(int bound) => _random.NextInt(bound);

    /// <summary>A number from -0.5 to below 0.5.</summary>
    public float Centred() => _random.NextSingle() - 0.5f;
}
