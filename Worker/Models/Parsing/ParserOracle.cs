namespace DistEmbed.Worker.Models.Parsing;

/// <summary>The transitions that build a given tree: arcs as soon as they can be made (the static oracle of arc-standard).</summary>
public static class ParserOracle
{
    /// <summary>Whether the transitions can build a tree: it is projective, has one root, and every head is known.</summary>
    public static bool Derives(ReadOnlySpan<int> heads)
    {
        if (heads.IsEmpty || heads.Contains(-1))
            return false;
        int[] noRelations = new int[heads.Length];
        var state = new ParserState(heads.Length);
        int[] waiting = Waiting(heads);
        while (!state.IsDone)
        {
            if (Next(state, heads, noRelations, waiting) is not { } transition)
                return false;
            Make(state, transition, waiting);
        }

        return true;
    }

    /// <summary>Goes from configuration to configuration of a tree that can be built.</summary>
    /// <param name="heads">Head of each word, from 1; 0: the root.</param>
    /// <param name="relations">Relation of each word to its head.</param>
    /// <param name="visit">Told of each configuration and of the transition that leads on from it.</param>
    public static void Follow(ReadOnlySpan<int> heads, ReadOnlySpan<int> relations, Action<ParserState, int> visit)
    {
        var state = new ParserState(heads.Length);
        int[] waiting = Waiting(heads);
        while (!state.IsDone)
        {
            int transition = Next(state, heads, relations, waiting) ?? throw new InvalidOperationException("the tree is not projective, or has more than one root");
            visit(state, transition);
            Make(state, transition, waiting);
        }
    }

    private static int? Next(ParserState state, ReadOnlySpan<int> heads, ReadOnlySpan<int> relations, int[] waiting)
    {
        int first = state.Stack(0), second = state.Stack(1);
        if (second > 0 && heads[second - 1] == first && waiting[second] == 0)
            return ParserState.LeftArc(relations[second - 1]);
        if (second >= 0 && first > 0 && heads[first - 1] == second && waiting[first] == 0 && state.Allows(ParserState.RightArc(0)))
            return ParserState.RightArc(relations[first - 1]);
        return state.Allows(ParserState.Shift) ? ParserState.Shift : null;
    }

    private static void Make(ParserState state, int transition, int[] waiting)
    {
        int first = state.Stack(0), second = state.Stack(1);
        state.Make(transition);
        if (transition != ParserState.Shift)
            waiting[transition % 2 == 1 ? first : second]--;
    }

    /// <summary>How many dependents each word, and the root, is still to get.</summary>
    private static int[] Waiting(ReadOnlySpan<int> heads)
    {
        int[] waiting = new int[heads.Length + 1];
        foreach (int head in heads)
            waiting[head]++;
        return waiting;
    }
}
