namespace DistEmbed.Worker.Models.Parsing;

/// <summary>
/// What the parser reads of a configuration (Chen and Manning 2014, section 3.1): 18 words - the first three of the stack and of the words to be read; of the first
/// two of the stack the first and second dependents from the left and from the right, and the leftmost of the leftmost and the rightmost of the rightmost - their
/// 18 tags, and the relations of the 12 that are dependents.
/// </summary>
public static class ParserFeatures
{
    /// <summary>Words that are read, and tags where there are any.</summary>
    public const int Words = 18;

    /// <summary>Relations that are read: those of the last words.</summary>
    public const int Relations = 12;

    /// <summary>The words of a configuration: numbers from 1, 0 for the root, -1 where there is none.</summary>
    public static void Read(ParserState state, Span<int> words)
    {
        for (int place = 0; place < 3; place++)
        {
            words[place] = state.Stack(place);
            words[3 + place] = state.Buffer(place);
        }

        for (int depth = 0; depth < 2; depth++)
        {
            Span<int> of = words.Slice(6 + (6 * depth), 6);
            int word = state.Stack(depth);
            for (int which = 0; which < 2; which++)
            {
                of[2 * which] = state.LeftChild(word, which);
                of[(2 * which) + 1] = state.RightChild(word, which);
            }

            of[4] = state.LeftChild(of[0], 0);
            of[5] = state.RightChild(of[1], 0);
        }
    }
}
